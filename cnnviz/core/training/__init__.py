"""Training of the shipped networks: `python -m cnnviz.core.training --data DIR`, or `make train DATA=DIR`."""
