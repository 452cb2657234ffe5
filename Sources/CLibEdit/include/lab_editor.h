#ifndef LAB_EDITOR_H
#define LAB_EDITOR_H

#include <stddef.h>

/* Line editing through libedit, and the signals of an interactive session. Small functions with fixed arguments, since
   those of libedit (el_set, history) take any number of them and can't be called from Swift. */

typedef struct lab_editor lab_editor;

/* Asks what may stand at the cursor. `line` is the text before it, ended by a zero byte. The callee calls
   lab_editor_insert and lab_editor_list, and returns what is to be done: one of the LAB_COMPLETE constants. */
typedef int (*lab_completer)(void *context, lab_editor *editor, const char *line);

enum { LAB_COMPLETE_BEEP = 0, LAB_COMPLETE_CHANGED = 1, LAB_COMPLETE_LISTED = 2 };

/* How a line ended. */
enum { LAB_LINE = 0, LAB_LINE_INTERRUPTED = 1, LAB_LINE_END = 2 };

/* Opens the editor on standard input and output; NULL when there is no terminal that it can edit on. `reads_rc` says
   whether ~/.editrc is read. */
lab_editor *lab_editor_open(const char *program, int reads_rc);
void lab_editor_close(lab_editor *editor);
void lab_editor_set_completer(lab_editor *editor, lab_completer completer, void *context);

/* Reads a line with a prompt; characters between \001 marks in it take no room. The text lives until the next call. */
int lab_editor_read(lab_editor *editor, const char *prompt, const char **line, size_t *length);

/* Puts a line into the history that the arrows go through. */
void lab_editor_remember(lab_editor *editor, const char *line);

/* For a completer: writes text at the cursor. */
void lab_editor_insert(lab_editor *editor, const char *text);
/* For a completer: shows text below the line. */
void lab_editor_list(lab_editor *editor, const char *text);

/* Installs the handlers of SIGINT, SIGTERM and SIGHUP (without SA_RESTART), which write the signal's number into a pipe,
   and of crashes, which give the terminal back first. The calling thread becomes the one that reads lines. Returns the
   pipe's reading end, or -1. */
int lab_signals_open(void);
/* Lets the signals of a session reach the calling thread. */
void lab_signals_unblock(void);
/* The last signal that came since the last call, or 0. A termination is never covered by an interrupt. */
int lab_signals_take(void);

/* Whether lab_signals_take would give one. */
int lab_signals_pending(void);

/* Around the reading of a line: between them the session's signals, and those of the terminal (another size, Ctrl-Z), reach
   the calling thread in lab_signals_wait alone. */
void lab_signals_begin_line(void);
void lab_signals_end_line(void);

/* Why a wait is over. A signal that ends the line stays for lab_signals_take; the others are told once. */
enum {
  LAB_WAIT_READY = 0,
  LAB_WAIT_INTERRUPTED = 1,
  LAB_WAIT_RESIZED = 2,
  LAB_WAIT_STOPPED = 3,
  LAB_WAIT_CONTINUED = 4
};

/* Waits until something can be read (or the other end is gone), or until a signal comes, also one that came just before. */
int lab_signals_wait(int descriptor);
/* Stops the process as Ctrl-Z does, until it is told to go on. */
void lab_signals_stop(void);

/* Remembers how the terminal is set, and gives it back. */
void lab_terminal_save(void);
void lab_terminal_restore(void);

/* A pipe that children don't inherit; 0 when it was made. */
int lab_pipe(int ends[2]);

#endif
