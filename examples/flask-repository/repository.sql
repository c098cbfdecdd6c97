-- The repository: three communities, six records, their files.
CREATE TABLE communities (id TEXT PRIMARY KEY, title TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE records (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL REFERENCES communities,
  title TEXT NOT NULL,
  author TEXT NOT NULL,
  year INTEGER NOT NULL,
  abstract TEXT NOT NULL
);
CREATE TABLE files (
  record TEXT NOT NULL REFERENCES records,
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (record, name)
);

INSERT INTO communities VALUES
  ('ice', 'Ice and snow', 'Glaciers, sea ice and what falls on them.'),
  ('birds', 'Birds', 'Who sings where, and when they leave.'),
  ('charters', 'Medieval charters', 'Parchment, transcribed.');

INSERT INTO records VALUES
  ('glacier-mass', 'ice', 'Mass balance of three Alpine glaciers', 'Amstad, R.', 2023,
   'Yearly mass balance in millimetres of water, measured by stakes and snow pits.'),
  ('sea-ice', 'ice', 'Thickness of sea ice in Fram Strait', 'Lindqvist, M.', 2024,
   'Monthly means of upward looking sonars, in metres.'),
  ('swifts', 'birds', 'Arrival of swifts in Basel', 'Okafor, C.', 2022,
   'The first day of each year on which a swift was seen above the old town.'),
  ('dawn-chorus', 'birds', 'A dawn chorus, species by minute', 'Okafor, C.', 2024,
   'Which species sang in each minute before sunrise, by three listeners.'),
  ('toll-charter', 'charters', 'A toll charter of 1257', 'Ferrand, J.', 2021,
   'Transcription and translation of a charter that frees a town of tolls.'),
  ('seals', 'charters', 'Seals of a bishop', 'Ferrand, J.', 2023,
   'Measures and legends of eleven seals.');

INSERT INTO files VALUES
  ('glacier-mass', 'balance.csv', 'year,glacier,mm' || char(10) || '2021,a,-812' || char(10) || '2022,a,-3045' || char(10) || '2023,a,-2420' || char(10)),
  ('sea-ice', 'thickness.csv', 'month,metres' || char(10) || '2023-01,2.1' || char(10) || '2023-02,2.4' || char(10)),
  ('swifts', 'arrival.csv', 'year,day' || char(10) || '2020,04-28' || char(10) || '2021,05-02' || char(10) || '2022,04-27' || char(10)),
  ('swifts', 'methods.txt', 'Seen from the bridge, by eye, each day from 15 April on.'),
  ('dawn-chorus', 'chorus.csv', 'minute,species' || char(10) || '-40,blackbird' || char(10) || '-38,robin' || char(10)),
  ('toll-charter', 'transcription.txt', 'Noverint universi presentem paginam inspecturi ...'),
  ('seals', 'seals.csv', 'seal,mm' || char(10) || '1,42' || char(10) || '2,38' || char(10));
