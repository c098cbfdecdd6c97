// The compressed twins of the files that are sent to browsers, made once, as small as they get.
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";

/** How each ending is made and undone. */
export const COMPRESSIONS = {
  ".br": { compress: (bytes) => brotliCompressSync(bytes), expand: brotliDecompressSync },
  ".gz": { compress: (bytes) => gzipSync(bytes, { level: 9 }), expand: gunzipSync },
};

export const isSent = (name) => /\.js$/.test(name);
