// @ts-check
/** Samples as they travel on a slow line: differences along the rows, their bytes apart, deflated. */

/** @param {Uint8Array} bytes a zlib stream @returns {Promise<Uint8Array>} */
export async function inflate(bytes) {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter(); // not by way of a Blob, which lies in another process of the browser
  const written = [writer.write(/** @type {any} */ (bytes)), writer.close()];
  const [unpacked] = await Promise.all([new Response(readable).arrayBuffer(), ...written]);
  return new Uint8Array(unpacked);
}

/**
 * The 16-bit samples of one slice from their differences: all low bytes, then all high bytes.
 * @param {Uint8Array} split @returns {Uint16Array}
 */
export function joined16(split) {
  const count = split.length / 2;
  const samples = new Uint16Array(count);
  for (let i = 0, sample = 0; i < count; i++) samples[i] = sample += split[i] | (split[count + i] << 8);
  return samples;
}

/**
 * The RGB samples of one slice, by pixel, from the differences along its three planes.
 * @param {Uint8Array} split @returns {Uint8Array}
 */
export function joined8(split) {
  const count = split.length / 3;
  const samples = new Uint8Array(split.length);
  for (let colour = 0; colour < 3; colour++) {
    for (let i = 0, sample = 0; i < count; i++) samples[3 * i + colour] = sample += split[colour * count + i];
  }
  return samples;
}
