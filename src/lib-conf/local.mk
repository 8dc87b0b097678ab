# src/lib-conf
