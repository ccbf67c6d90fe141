"""HTTP values in, HTTP values out; and the sockets that carry them."""
