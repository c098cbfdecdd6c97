// Written by `python tools/widget_catalogue.py`, from stats/kinds/catalogue.py and
// stats/events/types.py; a test holds it to them. Labels are "one|several" by language.
export const KINDS = {
  record: {
    types: ["record-view", "file-download"],
    container: false,
    ranks: null,
    labels: {
      en: "Record|Records",
      de: "Eintrag|Einträge",
      es: "Registro|Registros",
      fr: "Notice|Notices",
    },
  },
  dataset: {
    types: ["dataset-view", "dataset-download", "file-download"],
    container: false,
    ranks: "file",
    labels: {
      en: "Dataset|Datasets",
      de: "Datensatz|Datensätze",
      es: "Conjunto de datos|Conjuntos de datos",
      fr: "Jeu de données|Jeux de données",
    },
  },
  concept: {
    types: ["record-view", "file-download"],
    container: false,
    ranks: null,
    labels: {},
  },
  file: {
    types: ["file-download"],
    container: false,
    ranks: null,
    labels: {
      en: "File|Files",
      de: "Datei|Dateien",
      es: "Archivo|Archivos",
      fr: "Fichier|Fichiers",
    },
  },
  bucket: {
    types: [],
    container: false,
    ranks: null,
    labels: {},
  },
  sip: {
    types: [],
    container: false,
    ranks: null,
    labels: {},
  },
  collection: {
    types: ["collection-view", "file-download"],
    container: true,
    ranks: "record",
    labels: {
      en: "Collection|Collections",
      de: "Sammlung|Sammlungen",
      es: "Colección|Colecciones",
      fr: "Collection|Collections",
    },
  },
  community: {
    types: ["record-view", "file-download"],
    container: true,
    ranks: "record",
    labels: {
      en: "Community|Communities",
      de: "Community|Communitys",
      es: "Comunidad|Comunidades",
      fr: "Communauté|Communautés",
    },
  },
  space: {
    types: ["record-view", "file-download"],
    container: true,
    ranks: "record",
    labels: {
      en: "Space|Spaces",
      de: "Bereich|Bereiche",
      es: "Espacio|Espacios",
      fr: "Espace|Espaces",
    },
  },
  item: {
    types: [],
    container: false,
    ranks: null,
    labels: {},
  },
  document: {
    types: [],
    container: false,
    ranks: null,
    labels: {},
  },
  location: {
    types: [],
    container: true,
    ranks: null,
    labels: {},
  },
  instance: {
    types: [],
    container: true,
    ranks: null,
    labels: {},
  },
  user: {
    types: ["record-view", "file-download"],
    container: false,
    ranks: "record",
    labels: {},
  },
  site: {
    types: ["record-view", "file-download"],
    container: false,
    ranks: "record",
    labels: {},
  },
};

/** The kind that stands for a page's, where nothing says which. */
export const USUAL = "record";

export const DIMENSIONS = {
  country: {
    en: "Countries",
    de: "Länder",
    es: "Países",
    fr: "Pays",
  },
  referrer: {
    en: "Referrers",
    de: "Verweisende Seiten",
    es: "Sitios de referencia",
    fr: "Sites référents",
  },
  access_method: {
    en: "Regular and machine access",
    de: "Regulärer und maschineller Zugriff",
    es: "Acceso regular y automático",
    fr: "Accès régulier et automatisé",
  },
  access: {
    en: "Access",
    de: "Zugang",
    es: "Acceso",
    fr: "Accès",
  },
  via: {
    en: "Access via",
    de: "Zugriff über",
    es: "Acceso por",
    fr: "Accès par",
  },
  feature: {
    en: "Features",
    de: "Funktionen",
    es: "Funciones",
    fr: "Fonctions",
  },
  user: {
    en: "Users",
    de: "Nutzende",
    es: "Usuarios",
    fr: "Utilisateurs",
  },
};
