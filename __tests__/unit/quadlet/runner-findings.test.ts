import { expect, test } from "vitest";
import {
  generatedServices,
  generatorFindings,
  verifyFindings,
} from "../../../src/quadlet/runner-findings.js";
import { type File, servicesOf } from "../../../src/quadlet/services.js";
import { verifyMessages } from "../../../src/quadlet/verify-messages.js";

const file = (place: File["place"], path: string, content: string): File => ({
  place,
  path,
  content,
  source: `repo/${path}`,
});

const files = [
  file("quadlet", "web.container", "[Container]\nImage=r.io/x:1\n\n[Service]\nRestartSec=soon\n"),
  file("quadlet", "web.container.d/a.conf", "[Container]\nPidLimit=1\n"),
  file("systemd", "web.service.d/b.conf", "[Service]\nFoo=1\n"),
];

/** As `quadlet -dryrun` prints it. */
const generated = `---net-network.service---
[Service]
Type=oneshot

---web.service---
[X-Container]
Image=r.io/x:1

[Unit]
SourcePath=/q/web.container

[Service]
RestartSec=soon
Type=notify
`;

test("services are taken apart by their names", () => {
  const services = generatedServices(generated);
  expect([...services.keys()]).toEqual(["net-network.service", "web.service"]);
  expect(services.get("net-network.service")).toBe("[Service]\nType=oneshot\n\n");
  expect(generatedServices("").size).toBe(0);
});

test("a key of a drop-in is told of the drop-in", () => {
  const said = `converting "web.container": unsupported key 'PidLimit' in group 'Container' in /q/web.container`;
  expect(generatorFindings(files, [said])).toEqual([
    expect.objectContaining({
      rule: "runner-podman",
      severity: "warning",
      source: "repo/web.container.d/a.conf",
      path: "web.container.d/a.conf",
      line: 2,
    }),
  ]);
});

test("a line of the service that Quadlet made is one of the unit", () => {
  const found = verifyFindings(
    files,
    servicesOf(files),
    generatedServices(generated),
    [
      "/w/web.service:8: Failed to parse RestartSec=soon, ignoring: Invalid argument",
      "/w/web.service.d/b.conf:2: Unknown key 'Foo' in section [Service], ignoring.",
      "web.service: Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.",
      "web.service: Command /usr/bin/podman is not executable: No such file or directory",
      "Unit web.service has a bad unit file setting.",
      "/usr/lib/systemd/system/dbus.service:9: Unknown key",
    ],
    "/w",
  );
  expect(found.map(({ path, line }) => [path, line])).toEqual([
    ["web.container", 5],
    ["systemd/web.service.d/b.conf", 2],
    ["web.container", undefined],
  ]);
});

test("what is no complaint of a unit is no message", () => {
  expect(
    verifyMessages(["Failed to initialize manager: No such device or address", "", "Cannot: x"]),
  ).toEqual([]);
});
