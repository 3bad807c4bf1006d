import { expect, test } from "vitest";
import type { Release } from "../../../src/render/release.js";
import { supplyServiceEnvironment } from "../../../src/render/service-environment.js";
import type { RawOptions } from "../../../src/settings/settings.js";
import { contentOf } from "../settings/support.js";
import { Repository, templates } from "./support.js";

function supplied(files: Readonly<Record<string, string>>, raw: RawOptions = {}): Release {
  using repository = new Repository(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${templates}/${name}`, text])),
  );
  return supplyServiceEnvironment(repository.release(raw), contentOf(raw, repository.path));
}

const image = `[Container]\nImage=\${REGISTRY}/shop:\${TAG}\n`;

test.each<[string, Record<string, string>, readonly string[]]>([
  [
    "a unit that uses a variable gets its environment",
    { "web.container": image },
    ["web.service.d"],
  ],
  [
    "so does one that gives it to the container alone",
    { "web.container": `${image}EnvironmentFile=/etc/containers/systemd/.env\n` },
    ["web.service.d"],
  ],
  ["a unit without variables gets none", { "web.container": "[Container]\nImage=a:1\n" }, []],
  [
    "nor one whose variables are in comments",
    { "web.container": `[Container]\nImage=a:1\n# Image=\${X}\n` },
    [],
  ],
  [
    "nor one that escapes them",
    { "web.container": `[Container]\nImage=a:1\nExec=echo $\${X}\n` },
    [],
  ],
  [
    "a unit that brings its own keeps it",
    { "web.container": `${image}[Service]\nEnvironmentFile=/etc/shop.env\n` },
    [],
  ],
  [
    "a drop-in of the service counts",
    { "web.container": image, "web.service.d/a.conf": "[Service]\nEnvironmentFile=/x/.env\n" },
    [],
  ],
  [
    "a drop-in of the unit counts",
    { "web.container": image, "web.container.d/a.conf": "[Service]\nEnvironmentFile=/x/.env\n" },
    [],
  ],
  [
    "a drop-in of another service does not",
    {
      "web.container": image,
      "a.container": "[Container]\nImage=a\n",
      "a.service.d/a.conf": "[Service]\nEnvironmentFile=/x/.env\n",
    },
    ["web.service.d"],
  ],
  [
    "a variable in a drop-in counts",
    {
      "web.container": "[Container]\nImage=a:1\n",
      "web.container.d/a.conf": `[Container]\nExec=serve \${PORT}\n`,
    },
    ["web.service.d"],
  ],
  [
    "each by its service's name",
    {
      "web.container": `${image}ServiceName=shop\n`,
      "data.volume": `[Volume]\nDevice=\${DEVICE}\n`,
      "worker@.container": image,
    },
    ["data-volume.service.d", "shop.service.d", "worker@.service.d"],
  ],
])("%s", (_, files, folders) => {
  const made = supplied(files).files.filter((file) => file.layer === "tool");
  expect(made.map((file) => file.path)).toEqual(
    folders.map((folder) => `${folder}/quadlet-deploy.conf`),
  );
});

test.each<[string, RawOptions, string]>([
  ["rootful", {}, "/etc/containers/systemd/.env"],
  ["rootless", { host: "senex@h" }, "%h/.config/containers/systemd/.env"],
  [
    "of one's own",
    { "quadlet-dir": "/etc/containers/systemd/shop" },
    "/etc/containers/systemd/shop/.env",
  ],
])("the drop-in names the .env of a %s quadlet directory", (_, raw, path) => {
  const [dropIn] = supplied({ "web.container": image }, raw).files.filter(
    (file) => file.layer === "tool",
  );
  expect(dropIn).toMatchObject({
    place: "systemd",
    mode: 0o644,
    source: `${templates}/web.container`,
    content: expect.stringMatching(
      new RegExp(`^# web\\.container uses .*\\n\\[Service\\]\\nEnvironmentFile=${path}\\n$`),
    ),
  });
});

test("it is part of the release's digest, and supplying twice changes nothing", () => {
  using repository = new Repository({ [`${templates}/web.container`]: image });
  const content = contentOf({}, repository.path);
  const release = repository.release();
  const once = supplyServiceEnvironment(release, content);
  expect(once.sha256).not.toBe(release.sha256);
  expect(supplyServiceEnvironment(once, content)).toEqual(once);
});
