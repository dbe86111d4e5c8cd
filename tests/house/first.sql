-- A district as the first migration could hold it: a row or more in each of its tables, with the columns that it had then.
-- Ids are left to the database, so that its sequences stand where they would: the first row of a table is 1.

INSERT INTO district (code, name, host, timezone, language, mail_from)
VALUES ('OLD', 'An Old District', NULL, 'America/Los_Angeles', 'en', 'pd@old.example');

INSERT INTO sign_in_attempt (email_hash, address, at) VALUES ('0123', '192.0.2.1', '2027-02-01 16:30:00.000000');

INSERT INTO closed_day (district_id, day, reason) VALUES (1, '2027-02-15', 'Presidents'' Day');

INSERT INTO depot (district_id, name, address, weekdays, opens, closes)
VALUES (1, 'Depot', '1 Depot Road', '12345', '07:30:00.000000', '16:30:00.000000');

INSERT INTO depot_day (district_id, depot_id, day, is_open, note) VALUES (1, 1, '2027-02-16', FALSE, 'Stock-taking');

INSERT INTO person (district_id, given_name, family_name, email, language, theme, feed_token) VALUES
(1, 'Ada', 'Example', 'ada@old.example', 'en', '', 'feed-1'),
(1, 'Tara', 'Example', 'tara@old.example', 'es', 'dark', 'feed-2'),
(1, 'Ben', 'Example', NULL, 'en', 'light', 'feed-3');

INSERT INTO school (district_id, code, name, grade_first, grade_last, address, delivery_stop, closed_on)
VALUES (1, 'S', 'School', 0, 5, '1 School Road', 'North', NULL);

INSERT INTO school_year (district_id, ends_in, first_day, last_day) VALUES (1, 2027, '2026-08-17', '2027-06-04');

INSERT INTO skill (district_id, name, look, position) VALUES (1, '3D printing', 'print', 0);

INSERT INTO account (person_id, district_id, password_hash, session_key, changed_at)
VALUES (1, 1, '-', 'key-1', '2027-01-04 16:30:00.000000');

INSERT INTO account_link (district_id, person_id, kind, token_hash, created_at, expires_at, used_at) VALUES
(1, 1, 'invitation', 'hash-1', '2027-01-03 16:30:00.000000', '2027-01-17 16:30:00.000000', '2027-01-04 16:30:00.000000'),
(1, 2, 'reset', 'hash-2', '2027-01-03 16:30:00.000000', '2027-01-03 18:30:00.000000', NULL);

INSERT INTO appointment (district_id, person_id, role, school_id, grade, first_day, last_day, source) VALUES
(1, 1, 'teacher', 1, 4, '2020-01-01', NULL, 'hand'),
(1, 2, 'trainer', NULL, NULL, '2020-01-01', NULL, 'hand'),
(1, 3, 'principal', 1, NULL, '2020-01-01', '2026-06-30', 'roster');

INSERT INTO badge (district_id, skill_id, name, level, glyph, description, valid_months, attendance_percent, retired_on) VALUES
(1, 1, 'Maker Safety', 1, 'shield', '', 12, NULL, NULL),
(1, 1, 'Operator', 2, 'printer', 'Runs a printer.', 24, 80, NULL);

INSERT INTO badge_prerequisite (badge_id, required_id) VALUES (2, 1);

INSERT INTO competency (district_id, badge_id, name, position, is_safety, retired_on) VALUES
(1, 1, 'Wears glasses', 0, TRUE, NULL),
(1, 2, 'Levels the bed', 0, FALSE, NULL),
(1, 2, 'Changes filament', 1, FALSE, '2026-12-01');

INSERT INTO clearance (district_id, person_id, skill_id, first_day, last_day) VALUES (1, 2, 1, '2020-01-01', NULL);

INSERT INTO coverage_target (school_id, skill_id, district_id, percent) VALUES (1, 1, 1, 60);

INSERT INTO award (district_id, person_id, badge_id, first_day, last_day, awarded_at, withdrawn_at, withdrawn_by_id, withdrawn_reason) VALUES
(1, 1, 1, '2026-09-01', '2027-08-31', '2026-09-01 16:30:00.000000', NULL, NULL, NULL),
(1, 1, 2, '2026-10-01', '2028-09-30', '2026-10-01 16:30:00.000000', '2026-11-01 16:30:00.000000', 2, 'A slip');

INSERT INTO seminar (district_id, title, summary, outcomes, skill_id, badge_id, grade_first, grade_last, format,
  learn_minutes, learn, debrief_minutes, debrief, plan_minutes, plan, retired_on)
VALUES (1, 'Printing', 'Build it.', 'Run a printer', 1, 2, 0, 5, 'in_person', 50, 'Try', 25, 'Talk', 45, 'Plan', NULL);

INSERT INTO series (district_id, seminar_id, season, school_year, seats, seats_taken, enrollment_opens_at, enrollment_closes_at,
  published_at, canceled_at, canceled_by_id, canceled_reason) VALUES
(1, 1, 'year-round', 2027, 1, 1, '2027-01-01 16:30:00.000000', '2027-03-01 16:30:00.000000', '2027-01-01 16:30:00.000000', NULL, NULL, NULL),
(1, 1, 'summer', 2027, 9, 0, '2027-01-01 16:30:00.000000', '2027-06-20 16:30:00.000000', '2027-01-01 16:30:00.000000',
  '2027-02-01 16:30:00.000000', 2, 'The lab is closed');

INSERT INTO series_trainer (series_id, person_id) VALUES (1, 2), (2, 2);

INSERT INTO meeting (district_id, series_id, title, agenda, starts_at, ends_at, place, room, revision, changed_at, canceled_at, canceled_reason) VALUES
(1, 1, 'First', '', '2027-02-01 16:00:00.000000', '2027-02-01 18:00:00.000000', 'Lab', '12', 0, NULL, NULL, NULL),
(1, 1, 'Second', '', '2027-02-08 16:00:00.000000', '2027-02-08 18:00:00.000000', 'Lab', '', 1, '2027-02-02 16:00:00.000000',
  '2027-02-02 16:00:00.000000', 'Snow');

INSERT INTO enrollment (district_id, series_id, person_id, state, state_since, state_by_id, state_reason, created_at, outcome) VALUES
(1, 1, 1, 'enrolled', '2027-01-05 16:30:00.000000', 1, NULL, '2027-01-05 16:30:00.000000', 'completed'),
(1, 1, 3, 'withdrawn', '2027-01-07 16:30:00.000000', 3, NULL, '2027-01-06 16:30:00.000000', NULL),
(1, 2, 1, 'canceled', '2027-02-01 16:30:00.000000', 2, 'The lab is closed', '2027-01-06 16:30:00.000000', NULL);

INSERT INTO attendance (district_id, meeting_id, person_id, mark, minutes, marked_by_id, marked_at)
VALUES (1, 1, 1, 'present', 120, 2, '2027-02-01 18:00:00.000000');

INSERT INTO sign_off (district_id, person_id, competency_id, trainer_id, series_id, day, at, note, withdrawn_at, withdrawn_by_id, withdrawn_reason) VALUES
(1, 1, 1, 2, NULL, '2026-09-01', '2026-09-01 16:30:00.000000', '', NULL, NULL, NULL),
(1, 1, 2, 2, 1, '2027-02-01', '2027-02-01 17:00:00.000000', 'Well done', '2027-02-01 17:05:00.000000', 2, 'A slip');

INSERT INTO equipment_model (district_id, slug, name, skill_id, description, contents, drawing, max_loan_days, notice_open_days,
  turnaround_open_days, retired_on)
VALUES (1, 'printer', 'Printer', 1, '', 'Printer, scraper', 'printer', 21, 0, 1, NULL);

INSERT INTO required_badge (model_id, badge_id) VALUES (1, 1);

INSERT INTO item (district_id, model_id, tag, serial, note, retired_on, retired_reason) VALUES
(1, 1, 'P-001', 'X1', '', NULL, NULL),
(1, 1, 'P-002', 'X2', '', '2027-01-15', 'Burned out');

INSERT INTO reservation (district_id, school_id, responsible_id, first_day, last_day, purpose, created_at, created_by_id, ended_reason) VALUES
(1, 1, 1, '2027-02-17', '2027-02-18', 'Bridges', '2027-02-01 16:30:00.000000', 1, NULL),
(1, 1, 1, '2027-02-24', '2027-02-25', '', '2027-02-01 16:30:00.000000', 1, 'Not needed');

INSERT INTO reservation_line (district_id, reservation_id, model_id, item_id, state, state_since, state_by_id, out_at, in_at, outcome, note) VALUES
(1, 1, 1, 1, 'out', '2027-02-17 16:30:00.000000', 2, '2027-02-17 16:30:00.000000', NULL, NULL, ''),
(1, 2, 1, 1, 'canceled', '2027-02-02 16:30:00.000000', 1, NULL, NULL, NULL, '');

INSERT INTO item_day (item_id, day, district_id, line_id, claim) VALUES
(1, '2027-02-17', 1, 1, 'loan'), (1, '2027-02-18', 1, 1, 'loan'), (1, '2027-02-19', 1, 1, 'turnaround');

INSERT INTO gate_check (district_id, reservation_id, person_id, at, occasion, found)
VALUES (1, 1, 1, '2027-02-01 16:30:00.000000', 'reserved', '{"awards": [{"badge": 1, "award": 1, "last_day": "2027-08-31"}]}');

INSERT INTO history (district_id, at, who_id, what, record, record_id, details) VALUES
(1, '2027-01-05 16:30:00.000000', 1, 'enrolled', 'enrollment', 1, '{}'),
(1, '2027-02-01 16:30:00.000000', NULL, 'reminded', 'person', 1, '{"mail": 1}');

INSERT INTO mail (district_id, person_id, kind, key, context, calendar, state, created_at, next_try_at, tries, sent_at, last_error) VALUES
(1, 1, 'enrolled', '1', '{"series_id": 1}', NULL, 'sent', '2027-01-05 16:30:00.000000', '2027-01-05 16:30:00.000000', 1,
  '2027-01-05 16:31:00.000000', NULL),
(1, 1, 'enrolled', '2', '{"series_id": 1, "title": "Robotics", "starts_at": "2027-03-02T16:00:00+00:00"}', NULL, 'waiting',
  '2027-01-05 16:30:00.000000', '2027-01-05 16:30:00.000000', 0, NULL, NULL),
(1, 1, 'reminder', '1', '{}', NULL, 'dead', '2027-01-31 16:30:00.000000', '2027-02-01 16:30:00.000000', 6, NULL, 'refused');
