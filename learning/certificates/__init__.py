"""«Kursbevis» as files: the PDF, the signed badge, and the keys that sign. Knows no request and changes no rows."""
