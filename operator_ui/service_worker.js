// Keeps the shell and nothing else: files of /static, each version in a cache of its own. VERSION, SHELL and OFFLINE are
// put before this by the server (operator_ui/pages/shell.py). What is not of the shell is not even looked at: no page,
// picture, answer or event of the rig passes through here, and nothing that a person sends.
const CACHE = `openlfr-shell-${VERSION}`;

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(fresh))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("openlfr-shell-") && name !== CACHE);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (SHELL.includes(address.pathname)) {
    // The rig's own file first: page and script are always of one version.
    event.respondWith(fetch(request).catch(() => kept(address.pathname)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(OFFLINE)));
  }
});

const kept = async (path) => (await (await caches.open(CACHE)).match(path)) ?? Response.error();
