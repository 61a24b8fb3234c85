"""The only package that talks to AWS: clients, readers, tables, queues."""
