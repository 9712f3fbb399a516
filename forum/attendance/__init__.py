"""«Deltakerbevis»: the certificate of attendance as a paper."""
