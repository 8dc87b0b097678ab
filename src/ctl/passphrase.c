/* A passphrase. */
#include "passphrase.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Octet by octet: nothing of it stays in a buffer of the C library. */
static bool
line_read(int fd, char *out)
{
	size_t length = 0;
	char octet;

	while (read(fd, &octet, 1) == 1 && octet != '\n') {
		if (length == PASSPHRASE_OCTETS_MAX - 1)
			return false;
		out[length++] = octet;
	}
	out[length] = '\0';
	return length > 0;
}

bool
passphrase_read(const char *prompt, char out[PASSPHRASE_OCTETS_MAX])
{
	struct termios before, quiet;
	bool is_terminal = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before) == 0, good;

	if (is_terminal) {
		fprintf(stderr, "%s: ", prompt);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	good = line_read(STDIN_FILENO, out);
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fprintf(stderr, "\n");
	}
	return good;
}
