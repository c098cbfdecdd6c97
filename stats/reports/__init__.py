"""Reports: figures in the forms that managers, COUNTER, DataCite and schema.org ask for."""
