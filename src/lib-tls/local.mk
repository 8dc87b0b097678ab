# src/lib-tls
