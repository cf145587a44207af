// A screenshot with at most 256 colours: a third of the size, and no difference that an eye sees on flat surfaces.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

interface Picture { width: number; height: number; /** Red, green, blue, row by row. */ pixels: Uint8Array }

/** PNG as Chromium writes it: eight bits, RGB or RGBA, not interlaced. */
export function decoded(png: Buffer): Picture {
  let [width, height, channels] = [0, 0, 3];
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      if (data[8] !== 8 || (data[9] !== 2 && data[9] !== 6) || data[12] !== 0) throw new Error('not a picture of Chromium');
      channels = data[9] === 6 ? 4 : 3;
    } else if (kind === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const lines = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)]!;
    for (let x = 0; x < stride; x += 1) {
      const [a, b, c] = [x >= channels ? lines[y * stride + x - channels]! : 0, y > 0 ? lines[(y - 1) * stride + x]! : 0, x >= channels && y > 0 ? lines[(y - 1) * stride + x - channels]! : 0];
      const by = filter === 0 ? 0 : filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c);
      lines[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + by;
    }
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at += 1) pixels.set(lines.subarray(at * channels, at * channels + 3), at * 3);
  return { width, height, pixels };
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

type Colour = [red: number, green: number, blue: number, n: number];

/** Median cut: the box with the most that differs is cut in two until there are so many. */
function palette(colours: Colour[], most: number): Colour[][] {
  const spread = (box: Colour[], of: number) => Math.max(...box.map((one) => one[of]!)) - Math.min(...box.map((one) => one[of]!));
  const weight = (box: Colour[]) => (box.length < 2 ? 0 : Math.max(spread(box, 0), spread(box, 1), spread(box, 2)) * Math.sqrt(box.reduce((sum, one) => sum + one[3], 0)));
  const boxes = [{ box: colours, weight: weight(colours) }];
  while (boxes.length < most) {
    const widest = boxes.reduce((one, other) => (other.weight > one.weight ? other : one));
    if (widest.weight === 0) break;
    const along = [0, 1, 2].reduce((one, other) => (spread(widest.box, other) > spread(widest.box, one) ? other : one));
    const sorted = [...widest.box].sort((one, other) => one[along]! - other[along]!);
    let [half, at] = [sorted.reduce((sum, one) => sum + one[3], 0) / 2, 0];
    while (at < sorted.length - 2 && (half -= sorted[at]![3]) > 0) at += 1;
    boxes.splice(boxes.indexOf(widest), 1, ...[sorted.slice(0, at + 1), sorted.slice(at + 1)].map((box) => ({ box, weight: weight(box) })));
  }
  return boxes.map(({ box }) => box);
}

export function smaller(png: Buffer): Buffer {
  const { width, height, pixels } = decoded(png);
  const count = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += 3) {
    const key = (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!;
    count.set(key, (count.get(key) ?? 0) + 1);
  }
  const boxes = palette([...count].map(([key, n]): Colour => [key >> 16, (key >> 8) & 255, key & 255, n]), 256);
  const place = new Map<number, number>();
  const colours = Buffer.alloc(boxes.length * 3);
  boxes.forEach((box, index) => {
    // What most of a box is stays exactly so: surfaces keep their colour.
    const main = box.reduce((one, other) => (other[3] > one[3] ? other : one));
    colours.set(main.slice(0, 3), index * 3);
    for (const [red, green, blue] of box) place.set((red << 16) | (green << 8) | blue, index);
  });
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    const at = (y * width + x) * 3;
    lines[y * (width + 1) + 1 + x] = place.get((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!)!;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', deflateSync(lines, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), 8 + data.length);
  return out;
}
