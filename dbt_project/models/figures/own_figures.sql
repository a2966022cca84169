{{ union_of_figures(env_var('KAA_OWN_FIGURE_MODELS')) }}
