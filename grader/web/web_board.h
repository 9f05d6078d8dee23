/* The leaderboard as a page. Pure. */
#ifndef GRADER_WEB_BOARD_H
#define GRADER_WEB_BOARD_H

#include "grader/board.h"
#include "grader/web/page.h"

/* The whole page; web_board_inside is what its event stream sends after each change. */
void web_board(struct buf *out, const struct board *board, const struct board_class *class,
               const struct board_view *view, const struct page_head *head);
void web_board_inside(struct buf *out, const struct board *board, const struct board_class *class,
                      const struct board_view *view, const struct page_head *head);

#endif
