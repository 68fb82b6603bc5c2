"""What is there: sources that the environment, a kubeconfig or a checkout names, as a first reconstruct.yaml."""
