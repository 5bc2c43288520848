import { inflateSync } from "node:zlib";

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** The color of each pixel, row by row. */
  readonly colors: Uint32Array;
}

const RGBA = 6;

/** Decodes a PNG as Chromium encodes screenshots: RGB or RGBA with 8 bits per channel, not interlaced. */
export function pixelsOf(png: Buffer): Pixels {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const size = png[25] === RGBA ? 4 : 3;
  const bytes = unfiltered(inflateSync(Buffer.concat([...dataOf(png)])), { stride: width * size, height, size });
  const colors = new Uint32Array(width * height);
  for (let index = 0; index < colors.length; index++) colors[index] = bytes.readUIntBE(index * size, 3);
  return { width, height, colors };
}

function* dataOf(png: Buffer): Generator<Buffer> {
  for (let at = 8; at < png.length;) {
    const [length, start] = [png.readUInt32BE(at), at + 8];
    if (png.toString("latin1", at + 4, start) === "IDAT") yield png.subarray(start, start + length);
    at = start + length + 4;
  }
}

interface Scan {
  /** Bytes of a row. */
  readonly stride: number;
  readonly height: number;
  /** Bytes of a pixel. */
  readonly size: number;
}

/** Reverses the filters of the rows, each of which starts with the number of its filter. */
function unfiltered(data: Buffer, { stride, height, size }: Scan): Buffer {
  const bytes = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < size ? 0 : (bytes[at - size] ?? 0);
      const up = bytes[at - stride] ?? 0;
      const upperLeft = x < size ? 0 : (bytes[at - stride - size] ?? 0);
      const value = data[y * (stride + 1) + 1 + x] ?? 0;
      bytes[at] = value + predicted(filter, left, up, upperLeft);
    }
  }
  return bytes;
}

function predicted(filter: number | undefined, left: number, up: number, upperLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toUp] = [Math.abs(up - upperLeft), Math.abs(left - upperLeft)];
  const toUpperLeft = Math.abs(left + up - 2 * upperLeft);
  if (toLeft <= toUp && toLeft <= toUpperLeft) return left;
  return toUp <= toUpperLeft ? up : upperLeft;
}
