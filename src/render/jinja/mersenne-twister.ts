import { createHash } from "node:crypto";

const size = 624;
const middle = 397;

/**
 * Python's `random.Random(seed)`: MT19937 (Matsumoto and Nishimura, 1998), seeded by an array of
 * the seed's 32-bit words; a text counts as its bytes with their SHA-512 behind them (version 2).
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(size);
  #at = size;

  constructor(seed: string | bigint) {
    this.#seed(wordsOf(typeof seed === "string" ? numberOf(seed) : seed < 0n ? -seed : seed));
  }

  /** A whole number from 0 up to, and not with, `limit` (below 2**32). */
  below(limit: number): number {
    const bits = limit.toString(2).length;
    for (;;) {
      const number = this.#next() >>> (32 - bits);
      if (number < limit) return number;
    }
  }

  #seed(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19_650_218;
    for (let i = 1; i < size; i++) state[i] = Math.imul(1_812_433_253, this.#mixed(i - 1)) + i;
    let [i, j] = [1, 0];
    const advance = () => {
      if (++i < size) return;
      state[0] = state[size - 1] ?? 0;
      i = 1;
    };
    for (let count = Math.max(size, key.length); count > 0; count--) {
      state[i] = ((state[i] ?? 0) ^ Math.imul(this.#mixed(i - 1), 1_664_525)) + (key[j] ?? 0) + j;
      advance();
      j = (j + 1) % key.length;
    }
    for (let count = size - 1; count > 0; count--) {
      state[i] = ((state[i] ?? 0) ^ Math.imul(this.#mixed(i - 1), 1_566_083_941)) - i;
      advance();
    }
    state[0] = 0x80000000;
  }

  #mixed(index: number): number {
    const word = this.#state[index] ?? 0;
    return word ^ (word >>> 30);
  }

  #next(): number {
    if (this.#at >= size) this.#twist();
    let word = this.#state[this.#at++] ?? 0;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < size; i++) {
      const joined = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % size] ?? 0) & 0x7fffffff);
      const other = state[(i + middle) % size] ?? 0;
      state[i] = other ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}

function numberOf(text: string): bigint {
  const bytes = Buffer.from(text);
  const hash = createHash("sha512").update(bytes).digest();
  return BigInt(`0x${Buffer.concat([bytes, hash]).toString("hex")}`);
}

/** 32 bits each, the least first. */
function wordsOf(number: bigint): readonly number[] {
  const words: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
  return words.length === 0 ? [0] : words;
}
