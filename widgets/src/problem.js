// What can be wrong, as a closed set; each has a sentence in words.js:
//   attribute  the page's author wrote an attribute that we cannot read
//   denied     401 or 403: these numbers are not for this reader
//   unknown    404: the service does not know what was asked for
//   slow       no answer in time
//   down       no answer, or one that is not an answer
export class Problem extends Error {
  /** `field` is the attribute or parameter at fault, `status` that of an answer, where there is one. */
  constructor(kind, field = "", status = 0) {
    super(field ? `${kind}: ${field}` : kind);
    this.kind = kind;
    this.field = field;
    this.status = status;
  }
}
