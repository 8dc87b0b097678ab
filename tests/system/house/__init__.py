"""The small Internet on loopback that the system tests live in: names, certificates, mail hosts, neighbours."""
