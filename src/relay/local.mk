# src/relay
