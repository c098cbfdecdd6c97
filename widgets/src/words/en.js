// The texts that every element needs, in English, which stands in for what a language lacks.
// Always: "one|other" are a singular and a plural; {name} is filled in. The texts of charts
// are in chart/words.js; the other languages are loaded when an element speaks them.
export const words = {
  views: "view|views",
  downloads: "download|downloads",
  unique: "in {n} session|in {n} sessions",
  volume: "downloaded",
  until: "Counted until {time}",
  empty: "Nothing counted",
  retry: "Try again",
  attribute: "Statistics cannot be shown: check “{field}”",
  denied: "These statistics are not public",
  unknown: "No statistics are known for this",
  slow: "Statistics take too long to arrive",
  down: "Statistics cannot be reached now",
};
