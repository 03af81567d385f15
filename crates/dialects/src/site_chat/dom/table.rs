//! Tables, one row a line.

use super::{
    inline,
    line::{Markdown, Place},
    tree::{NodeId, Tree},
};

/// The most columns of a table.
const MAX_COLUMNS: usize = 128;

/// None where it has no rows.
pub(super) fn write(tree: &Tree, table: NodeId, open: bool) -> Option<Markdown> {
    let mut end = 0;
    let rows: Vec<NodeId> = tree
        .below(table)
        .filter(|node| {
            // Rows of a table within belong to its cell.
            let outer = *node >= end;
            if outer && tree.tag(*node) == "table" {
                end = tree.below(*node).end;
            }
            outer && tree.tag(*node) == "tr"
        })
        .collect();
    let (head, body) = rows.split_first()?;
    let columns = cells(tree, *head).len().min(MAX_COLUMNS);
    if columns == 0 {
        return None;
    }
    let mut text = row(tree, *head, columns);
    text.push('\n');
    for cell in cells(tree, *head).iter().take(columns) {
        text.push_str(match alignment(tree, *cell) {
            "left" => "| :--- ",
            "center" => "| :---: ",
            "right" => "| ---: ",
            _ => "| --- ",
        });
    }
    text.push('|');
    // A row that grows may still become another; the head is a paragraph until its rule is whole.
    let mut stable = 0;
    for one in body {
        stable = if text.is_empty() || *one == body[0] { 0 } else { text.len() };
        text.push('\n');
        text.push_str(&row(tree, *one, columns));
    }
    let stable = if open { stable } else { text.len() };
    Some(Markdown { text, stable })
}

fn cells(tree: &Tree, row: NodeId) -> Vec<NodeId> {
    let cells = tree.children(row).iter().copied();
    cells.filter(|cell| matches!(tree.tag(*cell), "td" | "th")).collect()
}

fn row(tree: &Tree, row: NodeId, columns: usize) -> String {
    let mut text = String::from("|");
    let cells = cells(tree, row);
    for column in 0..columns {
        let cell = cells.get(column).map(|cell| {
            inline::line(tree, tree.children(*cell), Place::Cell, false)
                .markdown(Place::Cell, false)
                .text
        });
        text.push(' ');
        text.push_str(cell.as_deref().unwrap_or_default().trim());
        text.push_str(" |");
    }
    text
}

fn alignment(tree: &Tree, cell: NodeId) -> &'static str {
    let style = tree.attribute(cell, "style").unwrap_or_default().replace(' ', "");
    let said = tree.attribute(cell, "align").unwrap_or_default();
    ["left", "center", "right"]
        .into_iter()
        .find(|side| said == *side || style.contains(&format!("text-align:{side}")))
        .unwrap_or_default()
}
