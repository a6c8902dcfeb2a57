"""What every room of the service needs: where it lives, where it stores, what time it is, and how it refuses."""
