/** Arrays with a shape, and the refusal of an operation that torch would refuse. */

export class Refused extends Error {}

/** { shape, data }: shape as torch writes it without the batch, (C, H, W) or (N), data a Float32Array. */
export function tensor(shape, data) {
  return { shape, data: data ?? new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}
