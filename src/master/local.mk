# src/master
