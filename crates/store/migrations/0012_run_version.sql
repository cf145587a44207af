-- Which published version of the model a run graded with; none: the documents of the folder.
ALTER TABLE grading_run ADD COLUMN version BIGINT;
