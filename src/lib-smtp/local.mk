# src/lib-smtp
