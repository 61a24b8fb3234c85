"""One file per diagnosis; `plugins.all_diagnoses` finds every module here by itself."""
