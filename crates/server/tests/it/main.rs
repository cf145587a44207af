//! Route tests mirror the URLs: one module a part.

mod clusters;
mod cohorts;
mod customers;
mod description;
mod health;
mod house;
mod identities;
mod imports;
mod industries;
mod kpis;
mod licences;
mod missing;
mod model;
mod next;
mod openid;
mod overrides;
mod preview;
mod repeated;
mod rules;
mod satisfaction;
mod second_factor;
mod session;
mod simulations;
mod system;
mod transitions;
mod users;
