"""The pages behind the sign-in, a file each."""
