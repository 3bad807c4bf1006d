import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { layerOf } from "../../../testbed/oci.js";

async function listed(tar: Buffer) {
  const entries = extract();
  entries.end(tar);
  const lines: string[] = [];
  for await (const entry of entries) {
    const { name, type, mode = 0, uid, linkname } = entry.header;
    lines.push([name, type, mode.toString(8), uid, linkname ?? ""].join(" ").trim());
    entry.resume();
  }
  return lines;
}

test("a layer has the parents, modes and owners that its entries need", async () => {
  const layer = await layerOf([
    { path: "usr/bin/run", content: "#!/bin/sh\n" },
    { path: "usr/bin/walk", link: "run" },
    { path: "app/VERSION", content: "v1\n" },
    { path: "app/staticfiles", owner: 1000 },
  ]);
  expect(await listed(layer.content)).toEqual([
    "usr directory 755 0",
    "usr/bin directory 755 0",
    "usr/bin/run file 755 0",
    "usr/bin/walk symlink 644 0 run",
    "app directory 755 0",
    "app/VERSION file 644 0",
    "app/staticfiles directory 755 1000",
  ]);
});

test("the same entries make the same layer, at any time", async () => {
  const entries = [{ path: "file", content: "text" }];
  const first = await layerOf(entries);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await layerOf(entries)).digest).toBe(first.digest);
});
