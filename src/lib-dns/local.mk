# src/lib-dns
