// The page's two ways to the sandbox: posts, and one stream of events.

export async function post(name, body) {
  const response = await fetch(`/sandbox/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

export async function upload(userId, file) {
  const response = await fetch(`/sandbox/upload?user=${userId}&name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
  if (!response.ok) throw new Error(await response.text());
}

// Calls onEvent for every event; the browser reconnects by itself and then gets a new snapshot.
export function listen(userId, onEvent, onLost) {
  const stream = new EventSource(`/sandbox/events?user=${userId ?? ""}`);
  stream.onmessage = (event) => onEvent(JSON.parse(event.data));
  stream.onerror = onLost;
  return stream;
}
