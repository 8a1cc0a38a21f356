//! Records and chains: grammar, signatures, verification, authorisation; bytes in, verdict out.
