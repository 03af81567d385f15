// Keeps the page current without moving it under its reader.
const every = 4000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch('/', { headers: { accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) {
    document.title = 'Tabway: no answer';
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const [now, then] = [document.querySelector('main'), fresh.querySelector('main')];
  document.title = fresh.title;
  if (now && then && now.innerHTML !== then.innerHTML) now.replaceWith(then);
}

setInterval(refresh, every);
