#define _GNU_SOURCE
#include "lab_editor.h"

#include <errno.h>
#include <fcntl.h>
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

static void note(int number) {
  int error = errno;
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

/* A crash gives the terminal back, then takes its usual course. */
static void crash(int number) {
  lab_terminal_restore();
  signal(number, SIG_DFL);
  raise(number);
}

int lab_signals_open(void) {
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return -1;
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  struct sigaction action = {0};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  const int noted[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t index = 0; index < sizeof noted / sizeof *noted; index++) sigaction(noted[index], &action, NULL);
  action.sa_handler = crash;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
  for (size_t index = 0; index < sizeof crashes / sizeof *crashes; index++) {
    struct sigaction former;
    /* The Swift runtime may have a backtrace of its own to print. */
    if (sigaction(crashes[index], NULL, &former) == 0 && former.sa_handler == SIG_DFL) {
      sigaction(crashes[index], &action, NULL);
    }
  }
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
