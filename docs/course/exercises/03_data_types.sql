-- Exercise 3: numbers that are text
--
-- In marts.fct_answers, source_code is what was delivered, as text, and numeric_value is the number
-- that it became. Take the answers to tv_hours (hours of television a day). For each wave, give the
-- largest number, and the largest text: the one that comes last in the order of text.
--
-- One row is: wave_id
-- Columns: wave_id, largest_number, largest_text

