#define _GNU_SOURCE
#include "lab_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

/* What handlers touch: written by them, read by lab_signals_take. */
static volatile sig_atomic_t last_signal = 0;
static volatile sig_atomic_t ending_signal = 0;
static int pipe_ends[2] = {-1, -1};

static struct termios saved;
static volatile sig_atomic_t has_saved = 0;

/* The thread that reads lines. A library's thread that doesn't block a signal may be given it: it hands it on, since only
   the reader's own wait ends by it. */
static pthread_t reader;

static int hands_on(int number) {
  if (pthread_equal(pthread_self(), reader)) return 0;
  pthread_kill(reader, number);
  return 1;
}

static void note(int number) {
  int error = errno;
  if (hands_on(number)) {
    errno = error;
    return;
  }
  if (number == SIGINT) {
    last_signal = number;
  } else {
    ending_signal = number;
  }
  unsigned char byte = (unsigned char)number;
  /* A full pipe has told enough. */
  if (write(pipe_ends[1], &byte, 1) < 0) { }
  errno = error;
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction former_crashes[CRASHES];

/* A crash gives the terminal back, then takes its usual course, which may be a backtrace by the Swift runtime. */
static void crash(int number, siginfo_t *info, void *context) {
  (void)context;
  lab_terminal_restore();
  for (int index = 0; index < CRASHES; index++) {
    if (crashes[index] == number) sigaction(number, &former_crashes[index], NULL);
  }
  /* An instruction that faulted faults again; a signal that somebody sent must be sent again. */
  if (info->si_code <= 0) raise(number);
}

/* What a line at the prompt also has to know of. */
static volatile sig_atomic_t was_resized = 0;
static volatile sig_atomic_t was_stopped = 0;
static volatile sig_atomic_t was_continued = 0;

static void note_terminal(int number) {
  int error = errno;
  if (hands_on(number)) {
    errno = error;
    return;
  }
  switch (number) {
    case SIGWINCH: was_resized = 1; break;
    case SIGTSTP: was_stopped = 1; break;
    default: was_continued = 1; break;
  }
}

/* The signals of a line, the ones that it handles itself last. */
static const int line_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
enum { LINE_SIGNALS = sizeof line_signals / sizeof *line_signals, FIRST_OF_TERMINAL = 3 };
static struct sigaction former_actions[LINE_SIGNALS];
static sigset_t former_mask, waiting_mask;

void lab_signals_begin_line(void) {
  sigset_t set;
  sigemptyset(&set);
  for (int index = 0; index < LINE_SIGNALS; index++) sigaddset(&set, line_signals[index]);
  pthread_sigmask(SIG_BLOCK, &set, &former_mask);
  waiting_mask = former_mask;
  for (int index = 0; index < LINE_SIGNALS; index++) sigdelset(&waiting_mask, line_signals[index]);
  was_resized = was_stopped = was_continued = 0;
  struct sigaction action = {0};
  action.sa_handler = note_terminal;
  sigemptyset(&action.sa_mask);
  for (int index = FIRST_OF_TERMINAL; index < LINE_SIGNALS; index++) {
    sigaction(line_signals[index], &action, &former_actions[index]);
  }
}

void lab_signals_end_line(void) {
  for (int index = FIRST_OF_TERMINAL; index < LINE_SIGNALS; index++) {
    sigaction(line_signals[index], &former_actions[index], NULL);
  }
  pthread_sigmask(SIG_SETMASK, &former_mask, NULL);
}

static int take(volatile sig_atomic_t *flag) {
  int was = *flag;
  *flag = 0;
  return was;
}

int lab_signals_wait(int descriptor) {
  for (;;) {
    if (lab_signals_pending()) return LAB_WAIT_INTERRUPTED;
    if (take(&was_stopped)) return LAB_WAIT_STOPPED;
    if (take(&was_continued)) return LAB_WAIT_CONTINUED;
    if (take(&was_resized)) return LAB_WAIT_RESIZED;
    /* The signals are let in for exactly this call: none can come between the look at the flags and the wait. */
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    if (ppoll(&entry, 1, NULL, &waiting_mask) > 0 || errno != EINTR) return LAB_WAIT_READY;
  }
}

void lab_signals_stop(void) {
  struct sigaction usual = {0}, former;
  usual.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &usual, &former);
  raise(SIGTSTP);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  sigaddset(&set, SIGCONT);
  /* Here the process stops, until it is told to go on. */
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  sigaction(SIGTSTP, &former, NULL);
  was_continued = 0;
}

int lab_signals_open(void) {
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return -1;
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  reader = pthread_self();
  struct sigaction action = {0};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  const int noted[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t index = 0; index < sizeof noted / sizeof *noted; index++) sigaction(noted[index], &action, NULL);
  action.sa_sigaction = crash;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  for (int index = 0; index < CRASHES; index++) sigaction(crashes[index], &action, &former_crashes[index]);
  return pipe_ends[0];
}

void lab_signals_unblock(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGWINCH);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int lab_signals_take(void) {
  int number = ending_signal;
  if (number != 0) return number;
  number = last_signal;
  last_signal = 0;
  return number;
}

int lab_signals_pending(void) { return ending_signal != 0 ? ending_signal : last_signal; }

void lab_terminal_save(void) {
  if (tcgetattr(STDIN_FILENO, &saved) == 0) has_saved = 1;
}

void lab_terminal_restore(void) {
  if (has_saved) tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

int lab_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
