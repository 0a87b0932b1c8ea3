// Runs before the first drawing, so that nobody sees the page in another colour, language or direction than the one they chose. src/live/look.ts keeps the choice.
(function () {
  var root = document.documentElement;
  var kept = {};
  try {
    kept = JSON.parse(localStorage.getItem('hubbub-look')) || {};
  } catch (error) {
    // What cannot be read is as good as not chosen.
  }
  if (kept.theme === 'light' || kept.theme === 'dark') root.dataset.theme = kept.theme;
  var wanted = kept.language ? [kept.language] : navigator.languages || [navigator.language];
  root.lang = wanted.map(function (tag) { return tag.slice(0, 2).toLowerCase(); }).find(function (tag) { return tag === 'en' || tag === 'de'; }) || 'en';
  root.dir = kept.direction === 'rtl' ? 'rtl' : 'ltr';
})();
