import { nextByCursor, pages, type PagesSource } from "@headrace/http";

/** What the API lists, in the order of its ids. */
export interface Order {
  readonly id: number;
  readonly customer: number;
  readonly cents: number;
}

/** A page of the API. */
export interface OrdersPage {
  readonly orders: readonly Order[];
  /** The id after which the next page begins; absent on the last one. */
  readonly next?: number;
}

/** The orders of the API from any position: a page, and a place in it. */
export function readOrders(api: string): PagesSource<Order> {
  return pages<Order, OrdersPage>(new URL("/orders", api), {
    items: ({ orders }) => orders,
    next: nextByCursor({ param: "after", read: ({ next }) => next }),
    retry: 5,
  });
}
