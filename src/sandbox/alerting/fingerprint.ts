const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;

/** The 64-bit FNV-1 hash of Grafana's version fields. */
export class Fingerprint {
  #hash = offset;

  bytes(bytes: Iterable<number>): this {
    let hash = this.#hash;
    for (const byte of bytes) hash = ((hash * prime) & mask) ^ BigInt(byte);
    this.#hash = hash;
    return this;
  }

  /** Separates values with a byte that is not valid in UTF-8. */
  end(): this {
    return this.bytes([255]);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value)).end();
  }

  integer(value: bigint): this {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return this.bytes(buffer).end();
  }

  get value(): bigint {
    return this.#hash;
  }

  toString(): string {
    return this.#hash.toString(16).padStart(16, "0");
  }
}
