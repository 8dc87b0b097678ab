"""An LMTP server on a Unix-domain socket (RFC 2033): one reply per recipient behind the dot."""

import os
import re
import socket
import threading


class LocalDelivery:
    """replies: recipient -> reply behind the dot; "250 2.1.5 ok" for all others."""

    def __init__(self, path, replies=None, refuse=()):
        self.path, self.replies, self.refuse = path, dict(replies or {}), set(refuse)
        self.messages = []      # (sender, [recipient], content)
        self.commands = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(60)
        stream = connection.makefile("rwb")

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        sender, recipients = None, []
        say("220 local LMTP")
        try:
            while line := stream.readline():
                line = line.rstrip(b"\r\n").decode("utf-8", "replace")
                self.commands.append(line)
                verb = line.split(" ")[0].upper()
                if verb == "LHLO":
                    say("250-local\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8")
                elif verb == "MAIL":
                    sender, recipients = re.match(r"(?i)MAIL FROM:<(.*?)>", line)[1], []
                    say("250 2.1.0 ok")
                elif verb == "RCPT":
                    address = re.match(r"(?i)RCPT TO:<(.*?)>", line)[1]
                    if address in self.refuse:
                        say("550 5.1.1 no such user")
                    else:
                        recipients.append(address)
                        say("250 2.1.5 ok")
                elif verb == "DATA":
                    self._take(stream, say, sender, recipients)
                elif verb == "QUIT":
                    say("221 2.0.0 bye")
                    return
                else:
                    say("250 2.0.0 ok" if verb in ("RSET", "NOOP") else "500 5.5.2 what?")
        except OSError:
            pass
        finally:
            connection.close()

    def _take(self, stream, say, sender, recipients):
        if not recipients:
            say("503 5.5.1 no recipients")
            return
        say("354 go ahead")
        content = b""
        while (line := stream.readline()) not in (b".\r\n", b""):
            content += line[1:] if line.startswith(b".") else line
        answers = [self._answer(address) for address in recipients]
        taken = [address for address, answer in zip(recipients, answers) if answer.startswith("2")]
        if taken:
            self.messages.append((sender, taken, content))
        for answer in answers:
            say(answer)

    def _answer(self, address):
        reply = self.replies.get(address, "250 2.1.5 ok")
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        return reply

    def stop(self):
        self.listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
