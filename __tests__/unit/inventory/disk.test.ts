import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskReader } from "../../../src/inventory/disk.js";
import { readInventory, variablesOf } from "../../../src/inventory/index.js";

test("reads an inventory from the disk", async () => {
  const root = await mkdtemp(join(tmpdir(), "inventory-"));
  try {
    await mkdir(join(root, "inv/group_vars"), { recursive: true });
    await writeFile(join(root, "inv/hosts"), "[web]\na\n");
    await writeFile(join(root, "inv/group_vars/web.yml"), "x: 1\n");
    const inventory = readInventory(["inv"], diskReader(root), { root });
    expect(variablesOf(inventory, "a")).toMatchObject({
      x: 1,
      inventory_dir: `${root}/inv`,
      inventory_file: `${root}/inv/hosts`,
    });
  } finally {
    await rm(root, { recursive: true });
  }
});
