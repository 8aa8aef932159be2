// Runs before the page is painted, so that a chosen theme does not flash; everything else comes with app.js.
try {
  const theme = localStorage.getItem("zhaiwen.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Who forbids storage gets the system's theme.
}
