// What is asked of every real site, by the words of docs/SITES.md.

export const FEATURES = [
  { key: 'chat', title: 'a buffered answer' },
  { key: 'stream', title: 'a streamed answer, its first words before the page is done' },
  { key: 'stop', title: 'a client that leaves stops the page, and the tab is free' },
  { key: 'model', title: 'a model of the page is chosen' },
  { key: 'file', title: 'a file arrives byte for byte' },
  { key: 'image in', title: 'a picture arrives byte for byte' },
  { key: 'image out', title: 'a picture in the answer is fetched' },
  { key: 'signed out', title: 'a page that is signed out is said, and serves once its person has signed in' },
  { key: 'reload', title: 'a reload in mid-answer is an unknown outcome, and nothing is typed twice' },
];
