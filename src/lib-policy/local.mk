# src/lib-policy
