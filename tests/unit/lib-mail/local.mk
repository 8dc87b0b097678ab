# lib-mail
