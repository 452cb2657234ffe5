#define _GNU_SOURCE
#include "lab_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

struct lab_editor {
  EditLine *edit;
  History *history;
  const char *prompt;
  lab_completer completer;
  void *context;
  /* The terminal, opened once more: a read of it never waits. */
  int input;
};

/* History keeps as many lines as the file does. */
enum { HISTORY_SIZE = 5000 };

static char *current_prompt(EditLine *edit) {
  lab_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  return (char *)(editor ? editor->prompt : "");
}

static unsigned char complete(EditLine *edit, int character) {
  (void)character;
  lab_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  if (!editor || !editor->completer) return CC_ERROR;
  const LineInfo *info = el_line(edit);
  size_t length = (size_t)(info->cursor - info->buffer);
  char *line = malloc(length + 1);
  if (!line) return CC_ERROR;
  memcpy(line, info->buffer, length);
  line[length] = 0;
  int answer = editor->completer(editor->context, editor, line);
  free(line);
  switch (answer) {
    case LAB_COMPLETE_CHANGED: return CC_REFRESH;
    case LAB_COMPLETE_LISTED: return CC_REDISPLAY;
    default: return CC_REFRESH_BEEP;
  }
}

/* Without UTF-8, libedit drops every character beyond ASCII. */
static void use_utf8(void) {
  if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
  setlocale(LC_CTYPE, "C.UTF-8");
}

/* The terminal of standard input as a file of its own that doesn't block; standard input itself where it can't be had.
   A Ctrl-C empties what was typed, also what was just found to be there: a read that waited would take no signal. */
static int open_input(void) {
  enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
  char name[128];
  int input = ttyname_r(STDIN_FILENO, name, sizeof name) == 0 ? open(name, FLAGS) : -1;
  /* After su or sudo the terminal is another user's, but may still be the session's own. */
  if (input < 0 && tcgetsid(STDIN_FILENO) == getsid(0)) input = open("/dev/tty", FLAGS);
  return input < 0 ? STDIN_FILENO : input;
}

/* The next byte of the terminal: 1, or 0 at its end, or -1 with errno, which is EINTR when a signal ends the line. */
static int next_byte(EditLine *edit, char *byte) {
  lab_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  int input = editor ? editor->input : STDIN_FILENO;
  for (;;) {
    switch (lab_signals_wait(input)) {
      case LAB_WAIT_READY: {
        ssize_t count = read(input, byte, 1);
        if (count >= 0) return (int)count;
        if (errno != EINTR && errno != EAGAIN) return -1;
        break;
      }
      case LAB_WAIT_RESIZED:
        el_resize(edit);
        el_set(edit, EL_REFRESH);
        break;
      case LAB_WAIT_STOPPED:
        /* The shell gets its terminal back for the time of the stop. */
        el_set(edit, EL_PREP_TERM, 0);
        lab_signals_stop();
        el_set(edit, EL_PREP_TERM, 1);
        el_set(edit, EL_REFRESH);
        break;
      case LAB_WAIT_CONTINUED:
        /* libedit believes that the terminal is as it left it. */
        el_set(edit, EL_PREP_TERM, 0);
        el_set(edit, EL_PREP_TERM, 1);
        el_set(edit, EL_REFRESH);
        break;
      default: errno = EINTR; return -1;
    }
  }
}

/* Reads a character. libedit's own reader misses a signal that comes between two reads: the line would wait for a key. */
static int read_character(EditLine *edit, wchar_t *character) {
  mbstate_t state = {0};
  size_t length = 0;
  for (;;) {
    char byte;
    int count = next_byte(edit, &byte);
    if (count <= 0) return count;
    size_t used = mbrtowc(character, &byte, 1, &state);
    if (used == (size_t)-2 && ++length < MB_LEN_MAX) continue;
    if (used != (size_t)-1 && used != (size_t)-2) return 1;
    /* No UTF-8: the byte is dropped. */
    memset(&state, 0, sizeof state);
    length = 0;
  }
}

lab_editor *lab_editor_open(const char *program, int reads_rc) {
  use_utf8();
  lab_editor *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  editor->prompt = "";
  editor->input = open_input();
  editor->edit = el_init(program, stdin, stdout, stderr);
  editor->history = history_init();
  if (!editor->edit || !editor->history) {
    lab_editor_close(editor);
    return NULL;
  }
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, HISTORY_SIZE);
  history(editor->history, &event, H_SETUNIQUE, 1);
  el_set(editor->edit, EL_CLIENTDATA, editor);
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_PROMPT_ESC, current_prompt, '\1');
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_GETCFN, read_character);
  el_set(editor->edit, EL_ADDFN, "lab-complete", "Complete the word", complete);
  el_set(editor->edit, EL_BIND, "^I", "lab-complete", NULL);
  el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  /* Up and Down look for lines that begin like the one at hand. */
  el_set(editor->edit, EL_BIND, "\\e[A", "ed-search-prev-history", NULL);
  el_set(editor->edit, EL_BIND, "\\e[B", "ed-search-next-history", NULL);
  el_set(editor->edit, EL_BIND, "\\eOA", "ed-search-prev-history", NULL);
  el_set(editor->edit, EL_BIND, "\\eOB", "ed-search-next-history", NULL);
  el_set(editor->edit, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
  el_set(editor->edit, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
  el_set(editor->edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
  el_set(editor->edit, EL_BIND, "\\e[H", "ed-move-to-beg", NULL);
  el_set(editor->edit, EL_BIND, "\\e[F", "ed-move-to-end", NULL);
  if (reads_rc) el_source(editor->edit, NULL);
  return editor;
}

void lab_editor_close(lab_editor *editor) {
  if (!editor) return;
  if (editor->edit) el_end(editor->edit);
  if (editor->history) history_end(editor->history);
  if (editor->input != STDIN_FILENO) close(editor->input);
  free(editor);
}

void lab_editor_set_completer(lab_editor *editor, lab_completer completer, void *context) {
  editor->completer = completer;
  editor->context = context;
}

int lab_editor_read(lab_editor *editor, const char *prompt, const char **line, size_t *length) {
  int count = 0;
  editor->prompt = prompt;
  /* Before the prompt is shown: a Ctrl-D that comes between would be taken by the terminal, and lost. */
  el_set(editor->edit, EL_PREP_TERM, 1);
  lab_signals_begin_line();
  errno = 0;
  const char *text = el_gets(editor->edit, &count);
  int number = errno;
  lab_signals_end_line();
  editor->prompt = "";
  *line = text ? text : "";
  *length = text && count > 0 ? (size_t)count : 0;
  if (text && count > 0) return LAB_LINE;
  return number == EINTR ? LAB_LINE_INTERRUPTED : LAB_LINE_END;
}

void lab_editor_remember(lab_editor *editor, const char *line) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, line);
}

void lab_editor_insert(lab_editor *editor, const char *text) { el_insertstr(editor->edit, text); }

void lab_editor_list(lab_editor *editor, const char *text) {
  (void)editor;
  fputs(text, stdout);
  fflush(stdout);
}
